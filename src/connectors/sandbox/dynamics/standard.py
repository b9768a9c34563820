"""The system tables of the simulation, as data (names as in a real v8.2 `$metadata`)."""

from __future__ import annotations

from .schema import Column, Nav, Schema, audit, columns, lookup, owned, states

_ADDRESS = (
    "name:s200 line1:s250 line2:s250 line3:s250 city:s80 county:s50 stateorprovince:s50 "
    "country:s80 postalcode:s20 postofficebox:s20 telephone1:s50 telephone2:s50 telephone3:s50 "
    "fax:s50 primarycontactname:s100 upszone:s4 composite:m! latitude:f longitude:f utcoffset:i "
    "addresstypecode:c freighttermscode:c shippingmethodcode:c addressid:g"
)
_CONTACT = (
    "contactid:g firstname:s50 lastname:s50 middlename:s50 fullname:s160! nickname:s100 "
    "salutation:s100 suffix:s10 yomifirstname:s150 yomilastname:s150 yomimiddlename:s150 "
    "yomifullname:s450! emailaddress1:s100 emailaddress2:s100 emailaddress3:s100 mobilephone:s50 "
    "telephone1:s50 telephone2:s50 telephone3:s50 home2:s50 business2:s50 company:s50 callback:s50 "
    "fax:s50 pager:s50 assistantname:s100 assistantphone:s50 managername:s100 managerphone:s50 "
    "jobtitle:s100 department:s100 description:m2000 websiteurl:s200 ftpsiteurl:s200 "
    "spousesname:s100 childrensnames:s255 employeeid:s50 governmentid:s50 "
    "externaluseridentifier:s50 birthdate:D anniversary:D gendercode:c familystatuscode:c "
    "haschildrencode:c educationcode:c customertypecode:c customersizecode:c territorycode:c "
    "leadsourcecode:c accountrolecode:c paymenttermscode:c shippingmethodcode:c "
    "preferredcontactmethodcode:c preferredappointmentdaycode:c preferredappointmenttimecode:c "
    "numberofchildren:i donotemail:b donotbulkemail:b donotphone:b donotfax:b donotpostalmail:b "
    "donotbulkpostalmail:b donotsendmm:b followemail:b marketingonly:b creditonhold:b "
    "isbackofficecustomer:b participatesinworkflow:b lastusedincampaign:t lastonholdtime:t "
    "onholdtime:i! merged:b! annualincome:d annualincome_base:d! creditlimit:d "
    "creditlimit_base:d! exchangerate:d! aging30:d! aging60:d! aging90:d! aging30_base:d! "
    "aging60_base:d! aging90_base:d! entityimageid:g! entityimage_url:s! entityimage_timestamp:n! "
    "subscriptionid:g! stageid:g processid:g traversedpath:s1250 timespentbymeonemailandmeetings:s!"
)
_LIST = (
    "listid:g listname:s128 type:b+ createdfromcode:c+ membertype:i+ query:m lockstatus:b "
    "purpose:s512 source:s128 description:m2000 membercount:i! lastusedon:t donotsendonoptout:b "
    "ignoreinactivelistmembers:b cost:d cost_base:d! exchangerate:d! stageid:g processid:g "
    "traversedpath:s1250"
)
_CAMPAIGN = (
    "campaignid:g name:s128 codename:s32+ typecode:c description:m2000 message:s256 objective:m "
    "promotioncodename:s128 proposedstart:t proposedend:t actualstart:t actualend:t "
    "budgetedcost:d budgetedcost_base:d! expectedresponse:i expectedrevenue:d "
    "expectedrevenue_base:d! othercost:d othercost_base:d! totalactualcost:d! "
    "totalactualcost_base:d! totalcampaignactivityactualcost:d! "
    "totalcampaignactivityactualcost_base:d! exchangerate:d! istemplate:b+ entityimageid:g! "
    "entityimage_url:s! entityimage_timestamp:n! stageid:g processid:g traversedpath:s1250"
)
_USER = (
    "systemuserid:g ownerid:g! fullname:s200! firstname:s64 lastname:s64 middlename:s50 title:s128 "
    "jobtitle:s100 internalemailaddress:s100 personalemailaddress:s100 domainname:s1024 "
    "mobilephone:s64 homephone:s50 applicationid:g applicationiduri:s1024! "
    "azureactivedirectoryobjectid:g! organizationid:g! isdisabled:b! islicensed:b "
    "isintegrationuser:b setupuser:b accessmode:c caltype:c employeeid:s100 windowsliveid:s1024"
)
_ACCOUNT = (
    "accountid:g name:s160 accountnumber:s20 emailaddress1:s100 emailaddress2:s100 "
    "emailaddress3:s100 telephone1:s50 telephone2:s50 telephone3:s50 fax:s50 websiteurl:s200 "
    "description:m2000 industrycode:c customertypecode:c numberofemployees:i revenue:d "
    "revenue_base:d! exchangerate:d! creditlimit:d creditonhold:b donotemail:b donotbulkemail:b "
    "donotphone:b donotfax:b donotpostalmail:b donotbulkpostalmail:b followemail:b "
    "marketingonly:b merged:b! lastusedincampaign:t"
)
_QUERY = (
    "name:s200 description:m2000 returnedtypecode:s64 fetchxml:m layoutxml:m layoutjson:m "
    "querytype:i columnsetxml:m"
)
_PRIVILEGE = (
    "privilegeid:g name:s100 accessright:i canbebasic:b canbelocal:b canbedeep:b canbeglobal:b "
    "canbeentityreference:b canbeparententityreference:b"
)
_LABELS = ("Allow", "Do Not Allow")
_OPT_OUT = (
    "donotemail",
    "donotbulkemail",
    "donotphone",
    "donotfax",
    "donotpostalmail",
    "donotbulkpostalmail",
)


def _contact() -> Schema:
    found = columns(_CONTACT)
    for n in "123":
        for name, column in columns(_ADDRESS).items():
            column.name = f"address{n}_{name}"
            found[column.name] = column
    found |= owned() | states()
    found["masterid"] = lookup("masterid", "contact", read_only=True)
    found["masterid"].backs = {"contact": "contact_master_contact"}
    found["parentcustomerid"] = lookup(
        "parentcustomerid", "contact", nav="parentcustomerid_contact"
    )
    found["parentcustomerid"].others = {"account": "parentcustomerid_account"}
    found["parentcustomerid"].backs = {
        "contact": "contact_customer_contacts",
        "account": "contact_customer_accounts",
    }
    found["parentcontactid"] = lookup("parentcontactid", "contact", nav="", read_only=True)
    for name in _OPT_OUT:
        found[name].labels = _LABELS
        found[name].default = False
    found["donotsendmm"].labels = ("Send", "Do Not Send")
    found["followemail"].default = True
    found["gendercode"].options = {1: "Male", 2: "Female"}
    found["preferredcontactmethodcode"].options = {
        1: "Any",
        2: "Email",
        3: "Phone",
        4: "Fax",
        5: "Mail",
    }
    schema = Schema(
        "contact",
        "contacts",
        "Contact",
        "fullname",
        found,
        tracked=True,
        type_code=2,
        display="Contact",
        plural="Contacts",
    )
    schema.navs["listcontact_association"] = Nav(
        "listcontact_association", "list", collection=True, link="listcontact_association"
    )
    return schema


def _account() -> Schema:
    found = columns(_ACCOUNT)
    for name, column in columns(_ADDRESS).items():
        column.name = f"address1_{name}"
        found[column.name] = column
    found |= owned() | states()
    found["masterid"] = lookup("masterid", "account", read_only=True)
    found["parentaccountid"] = lookup("parentaccountid", "account")
    found["primarycontactid"] = lookup("primarycontactid", "contact")
    found["primarycontactid"].backs = {"contact": "account_primary_contact"}
    for name in _OPT_OUT:
        found[name].labels = _LABELS
        found[name].default = False
    found["name"].required = True
    schema = Schema(
        "account",
        "accounts",
        "Account",
        "name",
        found,
        tracked=True,
        type_code=1,
        display="Account",
        plural="Accounts",
    )
    schema.navs["listaccount_association"] = Nav(
        "listaccount_association", "list", collection=True, link="listaccount_association"
    )
    return schema


def _queries() -> list[Schema]:
    view = columns("savedqueryid:g " + _QUERY + " isdefault:b isquickfindquery:b") | audit()
    own = columns("userqueryid:g " + _QUERY) | owned()
    return [
        Schema(
            "savedquery",
            "savedqueries",
            "SavedQuery",
            "name",
            view | states(),
            type_code=1039,
            display="View",
            plural="Views",
        ),
        Schema(
            "userquery",
            "userqueries",
            "UserQuery",
            "name",
            own | states(),
            type_code=4230,
            display="Saved View",
            plural="Saved Views",
        ),
    ]


def _privilege() -> Schema:
    return Schema(
        "privilege",
        "privileges",
        "Privilege",
        "name",
        columns(_PRIVILEGE) | audit(),
        type_code=1023,
        display="Privilege",
        plural="Privileges",
    )


def _list() -> Schema:
    found = columns(_LIST) | owned() | states(0, 1)
    found["type"].labels = ("Static", "Dynamic")
    found["type"].default = False
    found["createdfromcode"].options = {1: "Account", 2: "Contact", 4: "Lead"}
    found["lockstatus"].labels = ("Unlocked", "Locked")
    found["lockstatus"].default = False
    found["donotsendonoptout"].default = True
    found["ignoreinactivelistmembers"].default = True
    found["listname"].required = found["createdfromcode"].required = True
    schema = Schema(
        "list",
        "lists",
        "List",
        "listname",
        found,
        tracked=True,
        type_code=4300,
        display="Marketing List",
        plural="Marketing Lists",
    )
    for name, target in (
        ("listcontact_association", "contact"),
        ("listaccount_association", "account"),
        ("campaignlist_association", "campaign"),
    ):
        schema.navs[name] = Nav(name, target, collection=True, link=name)
    return schema


def _listmember() -> Schema:
    found = columns("listmemberid:g entitytype:s64! owninguser:g! owningbusinessunit:g!") | audit()
    for name, target in (("listid", "list"), ("entityid", "contact"), ("ownerid", "systemuser")):
        found[name] = lookup(name, target, nav="", read_only=True)
    found["entityid"].others = {"account": ""}
    return Schema(
        "listmember",
        "listmembers",
        "ListMember",
        "listmemberid",
        found,
        type_code=4301,
        display="Marketing List Member",
        plural="Marketing List Members",
    )


def _campaign() -> Schema:
    # Status values of a campaign beyond active and inactive are left out.
    found = columns(_CAMPAIGN) | owned() | states(0, 6)
    found["name"].required = True
    found["expectedresponse"].low, found["expectedresponse"].high = 0, 100
    schema = Schema(
        "campaign",
        "campaigns",
        "Campaign",
        "name",
        found,
        tracked=True,
        type_code=4400,
        display="Campaign",
        plural="Campaigns",
    )
    schema.navs["campaignlist_association"] = Nav(
        "campaignlist_association", "list", collection=True, link="campaignlist_association"
    )
    return schema


def _user() -> Schema:
    found = columns(_USER) | audit()
    found["businessunitid"] = lookup("businessunitid", "businessunit")
    schema = Schema(
        "systemuser",
        "systemusers",
        "SystemUser",
        "fullname",
        found,
        tracked=True,
        type_code=8,
        display="User",
        plural="Users",
    )
    schema.navs["systemuserroles_association"] = Nav(
        "systemuserroles_association", "role", collection=True, link="systemuserroles_association"
    )
    return schema


def _role() -> Schema:
    found = columns("roleid:g name:s100 ismanaged:b! roleidunique:g! organizationid:g!") | audit()
    found["businessunitid"] = lookup("businessunitid", "businessunit")
    found["parentroleid"] = lookup("parentroleid", "role", read_only=True)
    found["parentrootroleid"] = lookup("parentrootroleid", "role", read_only=True)
    schema = Schema(
        "role",
        "roles",
        "Role",
        "name",
        found,
        tracked=True,
        type_code=1036,
        display="Security Role",
        plural="Security Roles",
    )
    schema.navs["systemuserroles_association"] = Nav(
        "systemuserroles_association",
        "systemuser",
        collection=True,
        link="systemuserroles_association",
    )
    return schema


def _unit() -> Schema:
    found = columns("businessunitid:g name:s160 divisionname:s100 isdisabled:b!") | audit()
    found["parentbusinessunitid"] = lookup("parentbusinessunitid", "businessunit")
    found["organizationid"] = lookup("organizationid", "organization", nav="", read_only=True)
    return Schema(
        "businessunit",
        "businessunits",
        "BusinessUnit",
        "name",
        found,
        type_code=10,
        display="Business Unit",
        plural="Business Units",
    )


def _organization() -> Schema:
    found = columns(
        "organizationid:g name:s160 languagecode:i localeid:i expirechangetrackingindays:i "
        "isauditenabled:b basecurrencyprecision:i! initialversion:s20! schemanameprefix:s8"
    )
    return Schema(
        "organization",
        "organizations",
        "Organization",
        "name",
        found | audit(),
        type_code=1019,
        display="Organization",
        plural="Organizations",
    )


def _messages() -> list[Schema]:
    message = columns("sdkmessageid:g name:s256 isprivate:b isactive:b") | audit()
    found = columns("sdkmessagefilterid:g primaryobjecttypecode:s64! availability:i") | audit()
    found["sdkmessageid"] = lookup("sdkmessageid", "sdkmessage")
    return [
        Schema(
            "sdkmessage",
            "sdkmessages",
            "SdkMessage",
            "name",
            message,
            type_code=4606,
            display="Sdk Message",
            plural="Sdk Messages",
        ),
        Schema(
            "sdkmessagefilter",
            "sdkmessagefilters",
            "SdkMessageFilter",
            "sdkmessagefilterid",
            found,
            type_code=4607,
            display="Sdk Message Filter",
            plural="Sdk Message Filters",
        ),
    ]


def standard_tables(*, marketing: bool) -> list[Schema]:
    """Fresh definitions; without `marketing` the environment is a bare platform."""
    found = [_contact(), _user(), _role(), _unit(), _organization(), *_messages()]
    if marketing:
        found += [_list(), _listmember(), _campaign()]
    else:
        del found[0].navs["listcontact_association"]
    found += [_account(), *_queries(), _privilege()]
    for schema in found:
        key = schema.columns[schema.key]
        assert isinstance(key, Column) and key.kind == "guid"
    return found

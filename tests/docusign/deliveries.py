"""Deliveries of DocuSign Connect as the reference describes them, in each of its forms."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

ACCOUNT = "7f09961a-a22e-4ec2-8395-6a1d5e4f0c01"
ENVELOPE = "0b9e3d1c-58d0-4d9e-9f8a-52c1d7a6b302"
SENDER = "c0ffee00-1111-4000-8000-9d8e7f6a5b03"
ADA = "5dc2715e-2efc-4c2b-ab4b-208a0c030c04"
BOB = "f14468b6-c972-4ed2-983e-0d49ae2d7605"
KEY = "gMk2t9/ń+kept-apart="


def signer(**changes: Any) -> dict[str, Any]:
    """Ada, who has signed."""
    return {
        "recipientId": "1",
        "recipientIdGuid": ADA,
        "userId": "a0a0a0a0-2222-4000-8000-1a2b3c4d5e06",
        "name": "Ada Lovelace",
        "email": "ada@example.com",
        "roleName": "Buyer",
        "routingOrder": "1",
        "note": "",
        "status": "completed",
        "completedCount": "1",
        "sentDateTime": "2026-03-04T09:00:03.5000000Z",
        "deliveredDateTime": "2026-03-04T10:00:00.0000000Z",
        "signedDateTime": "2026-03-04T10:11:10.0000000Z",
        "deliveryMethod": "email",
        "recipientType": "signer",
        "totalTabCount": "3",
        "tabs": {
            "textTabs": [
                {
                    "tabLabel": "City",
                    "name": "City",
                    "value": "London",
                    "originalValue": "Paris",
                    "documentId": "1",
                    "pageNumber": "1",
                    "xPosition": "268",
                    "yPosition": "518",
                    "status": "signed",
                    "required": "true",
                    "locked": "false",
                    "maxLength": "4000",
                    "validationPattern": "",
                }
            ],
            "checkboxTabs": [
                {"tabLabel": "Consent", "selected": "true", "documentId": "1", "pageNumber": "1"}
            ],
        },
        **changes,
    }


def copied(**changes: Any) -> dict[str, Any]:
    """Bob, who gets a copy later."""
    return {
        "recipientId": "2",
        "recipientIdGuid": BOB,
        "name": "Bob Boone",
        "email": "bob@example.com",
        "routingOrder": "2",
        "status": "created",
        "recipientType": "carbonCopy",
        **changes,
    }


def summary(**changes: Any) -> dict[str, Any]:
    """The envelope, completed."""
    return {
        "status": "completed",
        "emailSubject": "Agreement",
        "emailBlurb": "",
        "envelopeId": ENVELOPE,
        "documentsUri": f"/envelopes/{ENVELOPE}/documents",
        "envelopeUri": f"/envelopes/{ENVELOPE}",
        "recipientsUri": f"/envelopes/{ENVELOPE}/recipients",
        "customFieldsUri": f"/envelopes/{ENVELOPE}/custom_fields",
        "signingLocation": "online",
        "enableWetSign": "true",
        "allowMarkup": "false",
        "allowReassign": "true",
        "createdDateTime": "2026-03-04T09:00:00.1230000Z",
        "lastModifiedDateTime": "2026-03-04T09:00:02.0000000Z",
        "initialSentDateTime": "2026-03-04T09:00:03.5770000Z",
        "sentDateTime": "2026-03-04T09:00:03.5770000Z",
        "deliveredDateTime": "2026-03-04T10:00:00.0000000Z",
        "completedDateTime": "2026-03-04T10:11:10.9700000Z",
        "statusChangedDateTime": "2026-03-04T10:11:10.9700000Z",
        "purgeState": "unpurged",
        "hasFormDataChanges": "true",
        "sender": {
            "userName": "Sam Sender",
            "userId": SENDER,
            "accountId": ACCOUNT,
            "email": "sam@example.com",
            "ipAddress": "203.0.113.7",
        },
        "customFields": {
            "textCustomFields": [
                {
                    "fieldId": "1",
                    "name": "deal",
                    "show": "false",
                    "required": "false",
                    "value": "42",
                }
            ],
            "listCustomFields": [],
        },
        "recipients": {
            "signers": [signer()],
            "agents": [],
            "editors": [],
            "intermediaries": [],
            "carbonCopies": [copied()],
            "certifiedDeliveries": [],
            "inPersonSigners": [],
            "seals": [],
            "witnesses": [],
            "recipientCount": "2",
            "currentRoutingOrder": "1",
        },
        "envelopeDocuments": [{"documentId": "1", "name": "Lease & annex", "order": "1"}],
        **changes,
    }


def sim(event: str = "envelope-completed", **changes: Any) -> dict[str, Any]:
    """An event with its data; `changes` are of `data`."""
    return {
        "event": event,
        "apiVersion": "v2.1",
        "uri": f"/restapi/v2.1/accounts/{ACCOUNT}/envelopes/{ENVELOPE}",
        "retryCount": 0,
        "configurationId": 1234567,
        "generatedDateTime": "2026-03-04T10:11:12.1234567Z",
        "data": {
            "accountId": ACCOUNT,
            "userId": SENDER,
            "envelopeId": ENVELOPE,
            "envelopeSummary": summary(),
            **changes,
        },
    }


ZONE = "<TimeZone>Pacific Standard Time</TimeZone><TimeZoneOffset>-8</TimeZoneOffset>"
SENDER_FIELDS = "".join(
    f"<CustomField><Name>{name}</Name><Show>false</Show><Required>false</Required>"
    f"<Value>{value}</Value><CustomFieldType>Text</CustomFieldType></CustomField>"
    for name, value in (("AccountId", ACCOUNT), ("AccountName", "Acme"), ("AccountSite", "demo"))
)

XML = f"""<?xml version="1.0" encoding="utf-8"?>
<DocuSignEnvelopeInformation xmlns="http://www.docusign.net/API/3.0"
 xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
<EnvelopeStatus>
 <RecipientStatuses>
  <RecipientStatus>
   <Type>Signer</Type><Email>ada@example.com</Email><UserName>Ada Lovelace</UserName>
   <RoutingOrder>1</RoutingOrder>
   <Sent>2026-03-04T01:00:03.5</Sent><Delivered>2026-03-04T02:00:00</Delivered>
   <Signed>2026-03-04T02:11:10</Signed><DeclineReason xsi:nil="true" />
   <Status>Completed</Status><RecipientIPAddress>203.0.113.8</RecipientIPAddress>
   <ClientUserId /><CustomFields />
   <TabStatuses>
    <TabStatus><TabType>Custom</TabType><Status>Signed</Status><XPosition>268</XPosition>
     <YPosition>518</YPosition><TabLabel>City</TabLabel><TabName>City</TabName>
     <TabValue>London</TabValue><DocumentID>1</DocumentID><PageNumber>1</PageNumber>
     <OriginalValue>Paris</OriginalValue><ValidationPattern />
     <CustomTabType>Text</CustomTabType></TabStatus>
    <TabStatus><TabType>Custom</TabType><Status>Signed</Status><XPosition>9</XPosition>
     <YPosition>9</YPosition><TabLabel>Consent</TabLabel><TabName>Checkbox</TabName>
     <TabValue>X</TabValue><DocumentID>1</DocumentID><PageNumber>1</PageNumber>
     <CustomTabType>Checkbox</CustomTabType></TabStatus>
   </TabStatuses>
   <AccountStatus>Active</AccountStatus><RecipientId>{ADA}</RecipientId>
  </RecipientStatus>
  <RecipientStatus>
   <Type>CarbonCopy</Type><Email>bob@example.com</Email><UserName>Bob Boone</UserName>
   <RoutingOrder>2</RoutingOrder><DeclineReason xsi:nil="true" /><Status>Created</Status>
   <RecipientIPAddress /><ClientUserId /><CustomFields />
   <AccountStatus>Active</AccountStatus><RecipientId>{BOB}</RecipientId>
  </RecipientStatus>
 </RecipientStatuses>
 <TimeGenerated>2026-03-04T02:11:12.1234567</TimeGenerated><EnvelopeID>{ENVELOPE}</EnvelopeID>
 <Subject>Agreement</Subject><UserName>Sam Sender</UserName><Email>sam@example.com</Email>
 <Status>Completed</Status><Created>2026-03-04T01:00:00.123</Created>
 <Sent>2026-03-04T01:00:03.577</Sent><Delivered>2026-03-04T02:00:00</Delivered>
 <Signed>2026-03-04T02:11:10.97</Signed><Completed>2026-03-04T02:11:10.97</Completed>
 <ACStatus>Original</ACStatus><ACHolder>Sam Sender</ACHolder>
 <SigningLocation>Online</SigningLocation><SenderIPAddress>203.0.113.7</SenderIPAddress>
 <EnvelopePDFHash /><CustomFields><CustomField><Name>deal</Name><Show>false</Show>
  <Required>false</Required><Value>42</Value><CustomFieldType>Text</CustomFieldType></CustomField>
 {{fields}}</CustomFields><AutoNavigation>true</AutoNavigation>
 <EnvelopeIdStamping>true</EnvelopeIdStamping><AuthoritativeCopy>false</AuthoritativeCopy>
 <DocumentStatuses><DocumentStatus><ID>1</ID><Name>Lease &amp; annex</Name><TemplateName />
  <Sequence>1</Sequence></DocumentStatus></DocumentStatuses>
</EnvelopeStatus>
<DocumentPDFs><DocumentPDF><Name>Lease</Name><PDFBytes>JVBERi0=</PDFBytes>
 <DocumentID>1</DocumentID><DocumentType>CONTENT</DocumentType></DocumentPDF></DocumentPDFs>
{{zone}}
</DocuSignEnvelopeInformation>"""


def xml(*, zone: str = ZONE, fields: str = "") -> str:
    """The same envelope in legacy XML."""
    return XML.format(zone=zone, fields=fields)


def signature(body: bytes, key: str = KEY) -> str:
    """What DocuSign writes into a header."""
    return base64.b64encode(hmac.new(key.encode(), body, hashlib.sha256).digest()).decode()


def delivery(content: object, *keys: str) -> tuple[dict[str, str], bytes]:
    """Headers and body of a delivery, signed with each of these keys."""
    body = json.dumps(content, separators=(",", ":")).encode()
    headers = {"Content-Type": "application/json", "X-Authorization-Digest": "HMACSHA256"}
    for number, key in enumerate(keys or (KEY,), 1):
        headers[f"X-DocuSign-Signature-{number}"] = signature(body, key)
    return headers, body

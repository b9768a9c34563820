"""DocuSign Connect into ActiveCampaign: contacts, tags, records, triggers, drafts."""

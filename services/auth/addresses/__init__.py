"""Another e-mail address: proposed at users, confirmed here with the password and from its mailbox."""

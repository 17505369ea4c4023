"""The activity log and the status history of people, read, exported and tidied up."""

"""What stands above the sections: headline, subject, summary line and hints."""

"""The web page: HTML, CSS and plain JavaScript modules, served as they lie here."""

"""From a specification and a table to the site-periods or records that estimators see."""

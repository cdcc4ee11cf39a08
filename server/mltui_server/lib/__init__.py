"""What every slice stands on: errors and problems, the request's session and principal, settings' types, logging."""

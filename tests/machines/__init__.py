"""An installation on several machines, as `deploy/` lays it out, whose parts are killed, stopped and cut off while it is used."""

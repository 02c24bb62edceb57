"""People of the organisation: named by charters, kept by administrators, recognised by their login."""

from experiments.people.named import department_of, executives, me_as_owner, person_of

__all__ = ["department_of", "executives", "me_as_owner", "person_of"]

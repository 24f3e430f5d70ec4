"""How much is measured: the bars' own sizes, or smaller ones for a quick look."""

import dataclasses

from harness.stores import Population, short


@dataclasses.dataclass
class Sizes:
    users: int  # of the checks, on `domains`
    domains: int
    few_users: int
    many_users: int
    import_rows: int
    large_domain: int
    small_domain: int
    organizations: int

    @property
    def checks(self):
        return Population(self.users, self.domains, self.organizations)

    @property
    def few(self):
        return Population(self.few_users, self.domains, self.organizations)

    @property
    def many(self):
        return Population(self.many_users, self.domains, self.organizations)

    @property
    def enforced(self):
        """Two populations in one store. The first domain of each is the one to enforce."""
        large = Population(2 * self.large_domain, domains=2)
        return large, Population(2 * self.small_domain, domains=2, first_domain=2)

    @property
    def imported(self):
        return f"{short(self.import_rows)} rows"


FULL = Sizes(
    users=1_000_000,
    domains=10_000,
    few_users=100_000,
    many_users=10_000_000,
    import_rows=1_000_000,
    large_domain=1_000_000,
    small_domain=100,
    organizations=100,
)
# Each organization that enforces makes keys for its profile, which takes a moment.
QUICK = Sizes(
    users=100_000,
    domains=1_000,
    few_users=100_000,
    many_users=1_000_000,
    import_rows=100_000,
    large_domain=100_000,
    small_domain=100,
    organizations=20,
)

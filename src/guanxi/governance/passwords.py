"""Argon2id above the least that OWASP's cheat sheet names (19 MiB, 2 passes, 1 lane): some 50 ms of a server's core."""

from django.contrib.auth.hashers import Argon2PasswordHasher


class Argon2(Argon2PasswordHasher):
    time_cost = 2
    memory_cost = 32 * 1024
    parallelism = 1

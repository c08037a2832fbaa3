"""What Locust's users do; the only code that imports Locust, which patches the process it runs in."""

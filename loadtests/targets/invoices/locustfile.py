"""What a customer of the invoicing app does: a Locust file like any other, which knows nothing of the harness."""

from locust import FastHttpUser, constant, task


class Customer(FastHttpUser):
    """Looks at the catalogue once, and asks for invoices from then on."""

    wait_time = constant(0)

    def on_start(self) -> None:
        """Look at the catalogue."""
        self.client.get("/catalogue")

    @task
    def ask_for_invoice(self) -> None:
        """Ask for one invoice and wait for it."""
        self.client.get("/invoice")

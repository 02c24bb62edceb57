"""The worked portfolio: simulated pilots of a service organisation, each led through the real stages."""

from experiments.demo.portfolio import add_portfolio

__all__ = ["add_portfolio"]

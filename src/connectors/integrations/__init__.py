"""Integrations between two services: observe, plan, apply."""

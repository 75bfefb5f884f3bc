"""Strength: touches are counted as they come, and anew when the rules or the past change."""

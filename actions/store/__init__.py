"""Rows: the shipped API's tables, and one function for each question asked of them."""

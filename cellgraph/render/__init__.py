"""Reports and findings as people see them: text, HTML, SVG, Mermaid, DOT, JSON, GraphML, the panel.

Plain functions from a ``Report`` to text. Start with ``formats``, the list of all forms.
"""

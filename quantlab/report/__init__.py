"""Pages for people: one offline HTML file for a result or a comparison."""

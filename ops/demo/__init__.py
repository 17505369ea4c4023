"""Demo data: people from a file, leads and buyers drawn with a fixed seed and created through the API."""

// Keeps the app on the phone. Every file is listed by the server in files.json.

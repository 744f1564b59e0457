#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A web server with bad habits, for tests of fetching.

	serve.py DIR [CERTIFICATE KEY]

Prints its port.  Below /short/ a file's second half is missing, below /stall/ it never
comes; /again/N/FILE redirects N times, /loop for ever, /file and /ftp to where no web is.
With a certificate it speaks https.  Every request is a line of DIR/requests.
"""
import http.server
import os
import ssl
import sys


class Handler(http.server.SimpleHTTPRequestHandler):
	def log_message(self, *words):
		with open("requests", "a") as requests:
			requests.write(self.path + "\n")

	def redirect(self, target):
		self.send_response(302)
		self.send_header("Location", target)
		self.send_header("Content-Length", "0")
		self.end_headers()

	def half(self, name, stall):
		with open(name, "rb") as file:
			data = file.read()
		self.send_response(200)
		self.send_header("Content-Length", str(len(data)))
		self.end_headers()
		self.wfile.write(data[:len(data) // 2])
		self.wfile.flush()
		if stall:
			self.connection.recv(1)  # until the client goes away
		self.close_connection = True

	def do_GET(self):
		words = self.path.split("/")[1:]
		if words[0] in ("short", "stall"):
			self.half(words[1], words[0] == "stall")
		elif words[0] == "again":
			count = int(words[1])
			self.redirect(f"/again/{count - 1}/{words[2]}" if count > 1 else "/" + words[2])
		elif words[0] == "loop":
			self.redirect("/loop")
		elif words[0] in ("file", "ftp"):
			self.redirect(f"{words[0]}://localhost/etc/passwd")
		else:
			super().do_GET()


os.chdir(sys.argv[1])
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
if len(sys.argv) > 2:
	context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
	context.load_cert_chain(sys.argv[2], sys.argv[3])
	server.socket = context.wrap_socket(server.socket, server_side=True)
sys.stdout.write(f"{server.server_port}\n")  # at once, also where stdout has no buffer
sys.stdout.flush()
server.serve_forever()

import { expect, test } from "@jest/globals";
import { addressOf } from "../../../src/cli/rotator/connect.ts";

test.each([
	["https://app.azurewebsites.net", "https://app.azurewebsites.net"],
	["https://app.azurewebsites.net/", "https://app.azurewebsites.net"],
	["http://127.0.0.1:7071", "http://127.0.0.1:7071"],
	["http://localhost:7071/", "http://localhost:7071"],
])("%s is an app's address", (given, address) => {
	expect(addressOf(given)).toBe(address);
});

test.each([
	["http://app.azurewebsites.net", "anyone on the way could read the token"],
	["http://127.0.0.1.example", "anyone on the way could read the token"],
	["app.azurewebsites.net", "is not a URL"],
	["ftp://app", "is not a URL"],
	["https://user:word@app", "has a user or a password in it"],
	["https://app/api", "has more than a host in it"],
	["https://app?x=1", "has more than a host in it"],
	[undefined, "is not known"],
])("%s is none", (given, says) => {
	expect(() => addressOf(given)).toThrow(says);
});

// Loaded into every container that is a Node program (`node --import`): the process ends when its node agent does,
// however that ended, and hears SIGTERM on Windows too, where signals cannot be caught.

process.stdin.setEncoding("utf8").on("data", (said) => {
	if (said.includes("SIGTERM")) process.emit("SIGTERM");
});
for (const event of ["end", "error"]) process.stdin.on(event, () => process.exit(137));
(process.stdin as unknown as { unref?(): void }).unref?.();

// What was published, for the paths whose copies are Kubernetes Secrets.

import { Password } from "../../../src/lib/domain/password.ts";
import type { Published } from "../../../src/lib/ports/delivery-path.ts";

export const version = "0123456789abcdef0123456789abcdef";
export const values = {
	"db-password": "new-password",
	"db-connection-string": "postgresql://titanic:new-password@db/titanic",
};
export const published: Published[] = Object.entries(values).map(([secret, value]) => ({
	...{ vault: "main", secret, version },
	value: new Password(value),
}));

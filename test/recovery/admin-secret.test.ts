import { recoveryWith } from "./support/suite.ts";

recoveryWith("admin-secret");

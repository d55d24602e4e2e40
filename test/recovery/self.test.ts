import { recoveryWith } from "./support/suite.ts";

recoveryWith("self");

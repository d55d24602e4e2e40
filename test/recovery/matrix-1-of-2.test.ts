import { recoveryOf } from "./support/suite.ts";

recoveryOf(1, 2);

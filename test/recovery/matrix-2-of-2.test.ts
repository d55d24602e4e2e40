import { recoveryOf } from "./support/suite.ts";

recoveryOf(2, 2);

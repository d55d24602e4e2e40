// All mutants, a file a folder of the product. A new promise in a file's header gets a line here that breaks it.

import type { Mutant } from "../mutant.ts";
import { activities } from "./activities.ts";

export const mutants: readonly Mutant[] = [...activities];

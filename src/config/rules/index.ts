// Every rule, one line each. All of them run, so that all problems are shown at once.

import { guestNamesAreHostnames, guestNamesHaveNoDots } from './hostnames.ts';
import type { Rule } from './rule.ts';

export const RULES: readonly Rule[] = [guestNamesAreHostnames, guestNamesHaveNoDots];

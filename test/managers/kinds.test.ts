// Every registered kind by the conformance suite, on the environment that comes with Phoenix and the example of a datacenter.

import { KINDS } from '../../src/managers/index.ts';
import { exampleFiles } from './datacenter/example.ts';
import { testKind } from './kind-conformance.ts';

for (const kind of KINDS) testKind(kind, { files: exampleFiles() });

// The conformance suite for every registered kind, on the shipped environment and the example datacenter.

import { KINDS } from '../../src/managers/index.ts';
import { exampleFiles } from './datacenter/example.ts';
import { testKind } from './kind-conformance.ts';

const example = { files: exampleFiles() };
for (const kind of KINDS) testKind(kind, example);

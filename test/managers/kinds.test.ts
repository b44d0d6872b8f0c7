// Every registered kind by the conformance suite, on the environment that comes with Phoenix.

import { KINDS } from '../../src/managers/index.ts';
import { repositoryFiles } from '../support/repository-files.ts';
import { testKind } from './kind-conformance.ts';

for (const kind of KINDS) testKind(kind, { files: repositoryFiles() });

// The contract of the port `Host`, held on the machine itself.

import { describe } from 'vitest';
import { localHost } from '../../src/io/host/local.ts';
import { hostContract } from './host.contract.ts';

describe('a local host', () => hostContract(localHost));

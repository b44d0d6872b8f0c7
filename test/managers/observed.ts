// Observations of a guest for tests of decisions: each test only says what differs.

import type { GuestObservation, HostFacts } from '../../src/managers/guest/observe/observation.ts';

/** A host with a pool, a folder and a bridge, on which nothing was noted. */
export const HOST_FACTS: HostFacts = {
  storages: { rpool: 'zfspool', local: 'dir' },
  bridges: ['vmbr0'],
  localContents: null,
  retained: null,
  missing: [],
  managedBy: [],
  pools: {},
  subuid: null,
  subgid: null,
};

/** Nothing is there. */
export const NO_GUEST: GuestObservation = {
  conf: null,
  otherKind: false,
  elsewhere: null,
  lookalike: null,
  running: false,
  firewall: null,
  firewallFaults: [],
  installed: {},
  silent: false,
  sourceMissing: false,
  host: HOST_FACTS,
};

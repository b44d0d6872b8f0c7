// The subject of statuses in tests.

import type { RunId } from '../../src/model/ids.ts';
import type { CommitStatus, StatusState, Subject } from '../../src/model/report.ts';

export const SUBJECT: Subject = { kind: 'run', run: '1' as RunId, target: null };

export type StatusChanges = Partial<Omit<CommitStatus, 'state' | 'about'>> & {
  readonly state?: StatusState;
  readonly about?: Subject;
};

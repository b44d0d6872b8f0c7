// Entry point of the lab's programs in a startup snapshot: `node --snapshot-blob FILE lab FOLDER PROGRAM ARGUMENT…`.

import { startupSnapshot } from 'node:v8';
import { answerCall } from './answer-call.ts';
import { PROGRAMS } from './programs.ts';

// Loads every program while the snapshot is built, so that it is part of it.
for (const load of Object.values(PROGRAMS)) void load();
startupSnapshot.setDeserializeMainFunction(() => void answerCall(process.argv.slice(2)));

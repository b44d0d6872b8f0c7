// The entry of the lab's programs where there is no snapshot of them: `node main.ts FOLDER PROGRAM ARGUMENT…`.

import { answerCall } from './answer-call.ts';

await answerCall(process.argv.slice(2));

// `phoenix freeze` and `phoenix unfreeze`: nothing that has not started is started between them.

import type { Io } from '../io.ts';
import { EXIT } from '../io.ts';
import { clientOf } from './client.ts';
import { requesterName } from './replay.ts';

export async function freeze(
  { reason, json }: { readonly reason: string; readonly json: boolean },
  io: Io,
): Promise<number> {
  const answer = await clientOf(io).post<{ run: string | null }>('/freeze', { reason, by: requesterName() });
  io.stdout(
    json
      ? `${JSON.stringify(answer)}\n`
      : 'frozen: nothing that has not started is started; phoenix unfreeze ends it\n',
  );
  return EXIT.done;
}

export async function unfreeze({ json }: { readonly json: boolean }, io: Io): Promise<number> {
  const answer = await clientOf(io).post<{ run: string | null }>('/unfreeze', { by: requesterName() });
  io.stdout(json ? `${JSON.stringify(answer)}\n` : 'unfrozen: what waited goes on\n');
  return EXIT.done;
}

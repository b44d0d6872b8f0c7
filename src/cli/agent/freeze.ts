// `phoenix freeze` and `phoenix unfreeze`: while frozen, no new work starts.

import { answerWith, EXIT, type Io } from '../io.ts';
import { clientOf } from './client.ts';
import { requesterName } from './requester-name.ts';

export async function freeze(
  { reason, json }: { readonly reason: string; readonly json: boolean },
  io: Io,
): Promise<number> {
  const answer = await clientOf(io).post<{ run: string | null }>('/freeze', { reason, by: requesterName() });
  answerWith(io, json, answer, 'frozen: nothing that has not started is started; phoenix unfreeze ends it');
  return EXIT.done;
}

export async function unfreeze({ json }: { readonly json: boolean }, io: Io): Promise<number> {
  const answer = await clientOf(io).post<{ run: string | null }>('/unfreeze', { by: requesterName() });
  answerWith(io, json, answer, 'nothing is frozen any more: what waited goes on');
  return EXIT.done;
}

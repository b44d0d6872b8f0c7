// Starts and stops of guests that HA manages, as Proxmox's programs ask for them.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Call, print, task } from '../../call.ts';
import { replaceFile } from '../../lock.ts';
import { HA_REQUESTS, kindOf, pathOf } from '../../node.ts';
import { setHaState } from './ha.ts';

type Wish = 'start' | 'stop';

export interface HaRequest {
  readonly wish: Wish;
  /** In milliseconds since 1970. */
  readonly asked: number;
}

/** Asks HA as the tasks `hastart` and `hastop` do. A start is the state of the resource; a stop becomes it when HA has it. */
export function requestHa(call: Call, id: number, wish: Wish): void {
  const { node } = call;
  const label = kindOf(node, id) === 'qemu' ? 'VM' : 'CT';
  task(call, `ha${wish}`, id, () => {
    print(call, `Requesting HA ${wish} for ${label} ${id}`);
    if (wish === 'start') setHaState(node, id, 'started');
    const folder = pathOf(node, HA_REQUESTS);
    mkdirSync(folder, { recursive: true });
    const request: HaRequest = { wish, asked: Date.now() };
    replaceFile(join(folder, `${id}.json`), JSON.stringify(request));
  });
}

// One of the two gateways: a file that a program in a container reads, rendered whole, tried, swapped, and asked whether it serves.

import type { Config } from '../../config/config.ts';
import type { Action } from '../../model/action.ts';
import type { TargetId } from '../../model/ids.ts';
import type { JsonObject } from '../../model/json.ts';
import type { Decision, HostReader, Wanted } from '../manager.ts';

export interface Part<Spec extends JsonObject = JsonObject, Seen = unknown> {
  /** As in the target's id. */
  readonly name: string;
  /** Pure. Null where no container has the role, or none that can be found. */
  declared(config: Config): { readonly spec: Spec; readonly needs: readonly TargetId[] } | null;
  observe(host: HostReader, spec: Spec): Promise<Seen>;
  /** Pure. */
  decide(spec: Spec, seen: Seen, wanted: Wanted): Decision;
  /** Pure: brings back what was last seen to serve; null where nothing is to be brought back. */
  putBack(spec: Spec, seen: Seen): Action | null;
}

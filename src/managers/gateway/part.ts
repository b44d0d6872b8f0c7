// One of the two gateways: a file that a program in a container reads, rendered whole, tried, swapped, and asked whether it serves.

import type { Action } from '../../model/action.ts';
import type { TargetId } from '../../model/ids.ts';
import type { JsonObject } from '../../model/json.ts';
import type { Config } from '../config.ts';
import type { Decision, HostReader } from '../manager.ts';

/** Every spec says which container it is about. */
export type GatewaySpec = JsonObject & { readonly guest: number };

export interface Part<Spec extends GatewaySpec = GatewaySpec, Seen = unknown> {
  /** As in the target's id. */
  readonly name: string;
  /** Pure. Null where no container has the role, or none that can be found. */
  declared(config: Config): { readonly spec: Spec; readonly needs: readonly TargetId[] } | null;
  /** Pure: certificates on the node that matter by being there or not. */
  certificates(spec: Spec): readonly string[];
  /** One command. @param there those of the certificates that are there */
  look(host: HostReader, guest: number, there: ReadonlySet<string>): Promise<Seen>;
  /** Pure. */
  decide(spec: Spec, seen: Seen): Decision;
  /** Pure: brings back what was last seen to serve, after something is changed (`changing`) or was left changed; empty where there is nothing to bring back. */
  putBack(spec: Spec, seen: Seen, changing: boolean): readonly Action[];
}

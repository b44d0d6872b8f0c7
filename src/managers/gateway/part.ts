// One of the two gateways: a program in a container whose configuration file is rendered, tested, installed, and verified by requests.

import type { Action } from '../../model/action.ts';
import type { TargetId } from '../../model/ids.ts';
import type { JsonObject } from '../../model/json.ts';
import type { FoundDifference } from '../comparison.ts';
import type { Config } from '../config.ts';
import type { Decision, HostReader, Wanted } from '../manager.ts';

/** Every spec names its container. */
export type GatewaySpec = JsonObject & { readonly guest: number };

export interface Part<Spec extends GatewaySpec = GatewaySpec, Seen = unknown> {
  /** As in the target's id. */
  readonly name: string;
  /** Pure. Null where no container has the role, or the container has no fixed address. */
  declared(config: Config): { readonly spec: Spec; readonly needs: readonly TargetId[] } | null;
  /** Pure: certificates on the node whose existence matters. */
  certificates(spec: Spec): readonly string[];
  /** Observes the container with one command. @param there the certificates that exist */
  look(host: HostReader, guest: number, there: ReadonlySet<string>): Promise<Seen>;
  /** Pure: what is not as declared; none where it cannot be inspected. */
  differences(wanted: Pick<Wanted<Spec>, 'target' | 'spec' | 'before'>, seen: Seen): readonly FoundDifference[];
  /** Pure. */
  decide(spec: Spec, seen: Seen): Decision;
  /** Pure: whether Phoenix's file is in the container; null where it cannot be inspected. */
  isThere(seen: Seen): boolean | null;
  /**
   * Pure: restores the last proven configuration, after something is changed (`changing`) or was left changed; empty where there is nothing to
   * restore.
   */
  putBack(spec: Spec, seen: Seen, changing: boolean): readonly Action[];
}

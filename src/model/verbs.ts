// Commands (verbs), one row each. The command line, the API, the planner, the worker and the reports use the row and never compare verb names. A new
// verb is a new row; new behaviour is a new value of a column.

import type { Impact } from './plan.ts';

/** The effect of a step on its target. */
type Work =
  /** Applies the declaration of the commit. */
  | 'converge'
  /** Changes the power state regardless of the declaration. */
  | Power
  /** Destroys it regardless of the declaration. */
  | 'destroy'
  /** Runs its health check. */
  | 'check health';

export type Power = 'start' | 'stop' | 'restart';

/** Which targets a run includes besides or instead of the named ones. */
type Scope =
  /** The named ones, or all. */
  | 'named'
  /** These and their dependencies; all if none was named. */
  | 'with needs'
  /** These and their dependencies, as far as they do not exist yet. */
  | 'missing, with needs'
  /** If none was named, the sections of the host that need no guest. */
  | 'host'
  /** If none was named, all targets that are derived from others. */
  | 'derived'
  /** These and their stopped dependencies. */
  | 'with stopped needs'
  /** These; running dependants prevent it or are included. */
  | 'with running dependants'
  /** These; existing dependants prevent it or are included. */
  | 'with all dependants';

interface Common {
  readonly scope: Scope;
  /** How targets are named: at least one; none meaning all; `all` explicitly; not at all; or in a special form. */
  readonly names: 'one or more' | 'any' | 'one or more, or all' | 'none' | 'all, or one stack';
  /** Whether the plan depends on the current state of the host. */
  readonly asksTheHost: boolean;
  /** Whether dependants can be included on request. */
  readonly cascades: boolean;
  /** Whether the command line shows the plan and asks for confirmation. */
  readonly showsFirst: boolean;
  /** The verb in that question. */
  readonly question?: string;
  /** For the command line: description, example, alias. */
  readonly description: string;
  readonly example: string;
  readonly alias?: string;
}

/** Applies the followed commit to targets, as a push does. */
interface ConvergeVerb extends Common {
  readonly work: 'converge';
  /** Whether targets without Phoenix's mark are adopted. */
  readonly adopts: boolean;
  /** Whether it applies everything if no targets are named, including the commit's policy. */
  readonly bringsAll: boolean;
}

/** Acts on targets regardless of the declaration; has its own plan, and the targets may be undeclared. */
export interface ImperativeVerb extends Common {
  readonly work: Exclude<Work, 'converge'>;
  /** Whether it changes nothing. */
  readonly looks: boolean;
  /** Whether it is limited to containers and VMs, without templates. */
  readonly of: 'what can run' | 'what can run, no templates' | 'everything';
  /** How its steps are shown: in or against the order of dependencies; `none`: no step waits for another. */
  readonly step: {
    readonly verb: 'update' | 'delete';
    /** Absent: as the target's kind defines for deletion. */
    readonly impact?: Impact;
    readonly order: 'needs first' | 'dependants first' | 'none';
  };
  /** Whether success proves the target's absence; otherwise it proves nothing about the declaration. */
  readonly proves: 'gone' | 'nothing';
  /** Whether the request counts as approval; otherwise approvals are required as for a commit. */
  readonly isApproval: boolean;
}

export type VerbRow = ConvergeVerb | ImperativeVerb;

const CONVERGES = {
  work: 'converge',
  adopts: false,
  bringsAll: false,
  asksTheHost: false,
  cascades: false,
  showsFirst: false,
} as const;
const SWITCHES = {
  looks: false,
  asksTheHost: true,
  cascades: false,
  showsFirst: false,
  names: 'one or more',
  proves: 'nothing',
  isApproval: true,
} as const;

/** In display order. */
export const VERBS = {
  setup: {
    ...CONVERGES,
    scope: 'host',
    names: 'none',
    description: 'bring the host itself to what is declared',
    example: 'setup --dry-run',
  },
  create: {
    ...CONVERGES,
    scope: 'missing, with needs',
    names: 'one or more',
    asksTheHost: true,
    description: 'make targets that are not there, with what they need',
    example: 'create 101 1001 --wait',
  },
  converge: {
    ...CONVERGES,
    scope: 'with needs',
    names: 'any',
    bringsAll: true,
    description: 'bring targets, and what they need, to what is declared',
    example: 'converge lxc/101 --wait',
  },
  start: {
    ...SWITCHES,
    work: 'start',
    scope: 'with stopped needs',
    of: 'what can run, no templates',
    step: { verb: 'update', impact: 'live', order: 'needs first' },
    description: 'start guests, beginning with what they need',
    example: 'start 101 --wait',
  },
  stop: {
    ...SWITCHES,
    work: 'stop',
    scope: 'with running dependants',
    of: 'what can run',
    step: { verb: 'update', impact: 'restart', order: 'dependants first' },
    cascades: true,
    description: 'shut guests down',
    example: 'stop 103 --cascade --wait',
  },
  restart: {
    ...SWITCHES,
    work: 'restart',
    scope: 'named',
    of: 'what can run, no templates',
    step: { verb: 'update', impact: 'restart', order: 'needs first' },
    description: 'shut guests down and start them, and no others',
    example: 'restart 101 --wait',
  },
  delete: {
    ...SWITCHES,
    work: 'destroy',
    scope: 'with all dependants',
    of: 'everything',
    step: { verb: 'delete', order: 'dependants first' },
    cascades: true,
    showsFirst: true,
    question: 'Delete',
    proves: 'gone',
    isApproval: false,
    description: 'destroy guests, whatever is declared; volumes are kept',
    example: 'delete 105 --dry-run',
  },
  sync: {
    ...CONVERGES,
    scope: 'derived',
    names: 'all, or one stack',
    description: 'all that is derived from the guests, or one stack',
    example: 'sync stack qdrant_service to 1002',
  },
  'health-check': {
    ...SWITCHES,
    work: 'check health',
    looks: true,
    scope: 'named',
    names: 'any',
    of: 'everything',
    asksTheHost: false,
    // Checks are independent of each other.
    step: { verb: 'update', impact: 'live', order: 'none' },
    description: 'ask targets how they are, and change nothing',
    example: 'health-check 101 102',
  },
  letsgo: {
    ...CONVERGES,
    scope: 'named',
    names: 'none',
    bringsAll: true,
    description: 'bring up everything, in order',
    example: 'letsgo --wait',
    alias: 'LetsGo',
  },
  adopt: {
    ...CONVERGES,
    scope: 'named',
    names: 'one or more, or all',
    adopts: true,
    bringsAll: true,
    showsFirst: true,
    question: 'Adopt',
    description: 'take over what Phoenix did not make, as it is declared',
    example: 'adopt lxc/105 --wait',
  },
} as const satisfies Record<string, VerbRow>;

export type CommandVerb = keyof typeof VERBS;

export const COMMAND_VERBS = Object.keys(VERBS) as readonly CommandVerb[];

export function isCommandVerb(word: string): word is CommandVerb {
  return Object.hasOwn(VERBS, word);
}

/** Pushes, replays and timed drift checks, which have no verb. */
const NO_VERB: ConvergeVerb = { ...VERBS.converge, scope: 'named' };

/** @param verb null or undefined for a run without a command */
export function verbRow(verb: CommandVerb | null | undefined): VerbRow {
  return verb == null ? NO_VERB : VERBS[verb];
}

/** The row of a verb with its own plan; null for those that apply the declaration. */
export function imperative(verb: CommandVerb | null | undefined): ImperativeVerb | null {
  const row = verbRow(verb);
  return row.work === 'converge' ? null : row;
}

// Routes of the page actions: a page shows what an action will do, and a form on it executes it. GET changes nothing; requests are handled like those
// of the API.

import type { Request, Router } from 'express';
import { RunPath, TargetPath } from '../../agent/http/requests.ts';
import { PAGE_ERROR } from '../../messages/pages/pages.ts';
import type { RunId, TargetId } from '../../model/ids.ts';
import { hideSecrets } from '../../plan/secret.ts';
import type { RunDetail } from '../../ports/runs.ts';
import { approvePage, freezePage, lookPage, shownPage, unfreezePage } from '../html/action.ts';
import type { Links } from '../links.ts';
import type { Show } from '../send.ts';
import type { PageSources } from '../sources.ts';
import { type PageAction, shownAs } from './page-actions.ts';
import { type ActionDeps, actionRegister, NotDone, type Registered } from './register.ts';
import { seenOfFreeze, seenOfStep } from './seen.ts';

export function actionRoutes(deps: ActionDeps, show: Show): Router {
  const register = actionRegister(deps, show);
  addApproval(register, deps.ledger);
  addFreeze(register);
  addUnfreeze(register, deps.ledger);
  addLook(register);
  for (const name of ['heal', 'adopt', 'replay'] as const) addShown(register, deps.ledger, name);
  return register.routes;
}

type ActionLedger = ActionDeps['ledger'];

const toRun = (links: Links, run: RunId | null) => (run === null ? links.home : links.run(run));
const toHome = (links: Links) => links.home;

function addApproval({ page, form }: Registered, ledger: ActionLedger): void {
  const path = '/do/approve/:id/:kind/:name';
  const make = async ({ params }: Request) => {
    const run = await runOf(ledger, params['id']);
    const target = TargetPath.safeParse(params);
    if (!target.success || !run.steps.some((step) => step.target === target.data)) {
      throw new NotDone(404, PAGE_ERROR.noStep(run.id, `${params['kind']}/${params['name']}`));
    }
    const seen = seenOfStep(withoutSecrets(run), target.data);
    return { run, action: { do: 'approve', run: run.id, target: target.data } as const, seen };
  };
  page(path, async (request, links) => {
    const { run, action } = await make(request);
    return [action, approvePage(withoutSecrets(run), action.target, links)];
  });
  form({ path, make, onward: toRun });
}

function addFreeze({ page, form }: Registered): void {
  const path = '/do/freeze';
  page(path, async (_request, links) => [{ do: 'freeze', reason: 'a reason' }, freezePage(links)]);
  form({
    path,
    make: async ({ body }) => ({
      action: { do: 'freeze', reason: String((body as { reason?: unknown }).reason ?? '') },
    }),
    onward: toHome,
    again: (links, action, why) => freezePage(links, { reason: action.do === 'freeze' ? action.reason : '', why }),
  });
}

function addUnfreeze({ page, form }: Registered, ledger: ActionLedger): void {
  const path = '/do/unfreeze';
  page(path, async (_request, links) => {
    const [frozen, head, open] = await Promise.all([ledger.frozen(), ledger.head(), ledger.openRuns()]);
    return [{ do: 'unfreeze' }, unfreezePage({ frozen, head, open }, links)];
  });
  form({
    path,
    make: async () => {
      const [frozen, head] = await Promise.all([ledger.frozen(), ledger.head()]);
      return { action: { do: 'unfreeze' }, seen: seenOfFreeze({ frozen, head }) };
    },
    onward: toHome,
  });
}

function addLook({ page, form }: Registered): void {
  const path = '/do/look';
  page(path, async (_request, links) => [{ do: 'look' }, lookPage(links)]);
  form({ path, make: async () => ({ action: { do: 'look' } }), onward: toRun });
}

/** An action whose dry run is shown before it is executed. */
function addShown({ page, form }: Registered, ledger: ActionLedger, name: 'heal' | 'adopt' | 'replay'): void {
  form({
    path: `/do/${name}`,
    make: async ({ body }) => ({ action: fromForm(name, body), how: { dryRun: true } }),
    onward: (links, run) => (run === null ? links.home : links.act([name, run])),
  });
  const make = async ({ params }: Request) => {
    const run = await runOf(ledger, params['id']);
    const action = shownAs(name, run);
    if (action === null) throw new NotDone(404, PAGE_ERROR.noRun(run.id));
    return { run, action, how: { shown: run.id } };
  };
  page(`/do/${name}/:id`, async (request, links) => {
    const { run, action } = await make(request);
    return [action, shownPage(action, withoutSecrets(run), links)];
  });
  form({ path: `/do/${name}/:id`, make, onward: toRun });
}

function fromForm(name: 'heal' | 'adopt' | 'replay', body: unknown): PageAction {
  const { target, commit } = (body ?? {}) as Readonly<Record<string, unknown>>;
  // A single form value is a text, repeated ones are a list; their content is validated with the request.
  const targets = (target === undefined ? [] : [target].flat()) as TargetId[];
  return name === 'replay' ? { do: name, commit: String(commit ?? ''), targets } : { do: name, targets };
}

async function runOf(ledger: PageSources['ledger'], id: unknown): Promise<RunDetail> {
  const path = RunPath.safeParse({ id });
  const run = path.success ? await ledger.run(path.data.id) : null;
  if (run === null) throw new NotDone(404, PAGE_ERROR.noRun(String(id)));
  return run;
}

function withoutSecrets(run: RunDetail): RunDetail {
  return run.plan === null ? run : { ...run, plan: hideSecrets(run.plan) };
}

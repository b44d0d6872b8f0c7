// Routes of the page actions: a page shows what an action will do, and a form on it executes it. GET changes nothing; a form needs the token of its
// session; requests are handled like those of the API.

import express, { type Request, type RequestHandler, type Response, type Router } from 'express';
import { accessOf } from '../../agent/http/guard.ts';
import { carryOutOperation, OPERATIONS, type OperationDeps, refusalOf } from '../../agent/http/operations.ts';
import { carriesFormToken } from '../../agent/http/own-pages.ts';
import { RunPath, TargetPath } from '../../agent/http/requests.ts';
import type { Person } from '../../agent/http/sessions.ts';
import { TROUBLE, type Trouble } from '../../messages/pages.ts';
import type { RunId, TargetId } from '../../model/ids.ts';
import { mayAs } from '../../model/person.ts';
import { hideSecrets } from '../../plan/secret.ts';
import type { RunDetail } from '../../ports/runs.ts';
import { approvePage, freezePage, lookPage, shownPage, unfreezePage } from '../html/action.ts';
import type { Page } from '../html/document.ts';
import { troublePage } from '../html/error-page.ts';
import { type Links, linksFrom } from '../links.ts';
import { formOf, goTo, readForm, type Show } from '../sign-in.ts';
import type { PageSources } from '../sources.ts';
import { askingFor, mayAsk, type PageAction, roleFor, shownAs } from './page-actions.ts';
import { seenOfFreeze, seenOfStep } from './seen.ts';

export interface ActionDeps extends PageSources, Omit<OperationDeps, 'agent' | 'ledger' | 'clock'> {
  readonly agent: PageSources['agent'] & OperationDeps['agent'];
  readonly ledger: PageSources['ledger'] & OperationDeps['ledger'];
}

/** The action is not permitted or not possible. */
class NotDone extends Error {
  readonly status: number;
  readonly trouble: Trouble;

  constructor(status: number, trouble: Trouble) {
    super(trouble.title);
    this.status = status;
    this.trouble = trouble;
  }
}

export function actionRoutes(deps: ActionDeps, show: Show): Router {
  const { ledger } = deps;
  const routes = express.Router();

  const answer = (work: (request: Request, response: Response, person: Person) => Promise<void>): RequestHandler => {
    return async (request, response) => {
      try {
        const access = accessOf(request);
        const person = access.person(request);
        if (person === null) throw new NotDone(401, TROUBLE.notSignedIn());
        if (request.method !== 'GET' && !carriesFormToken(access, request, formOf(request))) {
          throw new NotDone(403, TROUBLE.oldForm());
        }
        await work(request, response, person);
      } catch (error) {
        const why = error instanceof NotDone ? null : refusalOf(error);
        if (!(error instanceof NotDone) && why === null) throw error;
        const { status, trouble } =
          error instanceof NotDone ? error : { status: 409, trouble: TROUBLE.refused(why ?? '') };
        show(request, response, status, troublePage(trouble));
      }
    };
  };
  /** Registers a preview page for permitted viewers. */
  const page = (path: string, make: (request: Request, links: Links) => Promise<readonly [PageAction, Page]>) => {
    routes.get(
      path,
      answer(async (request, response, person) => {
        const links = linksFrom(request.path, null, person);
        const [action, made] = await make(request, links);
        if (!mayAsk(links, action)) mayNot(person, action);
        show(request, response, 200, made);
      }),
    );
  };
  /** Registers the execution of an action, which redirects to its result. @param again the page with what was typed, where that is refused */
  const done = (
    path: string,
    make: (request: Request) => Promise<{
      readonly action: PageAction;
      readonly how?: Parameters<typeof askingFor>[1];
      /** The digest of what the page would show now, which the form has to contain. */
      readonly seen?: string;
    }>,
    onward: (links: Links, run: RunId | null, action: PageAction) => string,
    again?: (links: Links, action: PageAction, why: string) => Page,
  ) => {
    routes.post(
      path,
      readForm,
      answer(async (request, response, person) => {
        const { action, how, seen } = await make(request);
        if (seen !== undefined && seen !== seenIn(request)) throw new NotDone(409, TROUBLE.changedSince());
        const links = linksFrom(request.path, null, person);
        const { what, request: asked } = askingFor(action, how);
        const refused = again === undefined || !mayAs(person.role, OPERATIONS[what].role) ? null : refusalIn(action);
        if (again !== undefined && refused !== null) return show(request, response, 409, again(links, action, refused));
        if (!mayAsk(links, action)) mayNot(person, action);
        const parsed = OPERATIONS[what].parse({ ...asked, by: person.name });
        const asker = { role: person.role, through: 'page' } as const;
        goTo(response, onward(links, await carryOutOperation(deps, what, parsed, asker), action));
      }),
    );
  };
  const toRun = (links: Links, run: RunId | null) => (run === null ? links.home : links.run(run));
  const toHome = (links: Links) => links.home;

  const approved = async ({ params }: Request) => {
    const run = await runOf(ledger, params['id']);
    const target = TargetPath.safeParse(params);
    if (!target.success || !run.steps.some((step) => step.target === target.data)) {
      throw new NotDone(404, TROUBLE.noStep(run.id, `${params['kind']}/${params['name']}`));
    }
    const seen = seenOfStep(withoutSecrets(run), target.data);
    return { run, action: { do: 'approve', run: run.id, target: target.data } as const, seen };
  };
  page('/do/approve/:id/:kind/:name', async (request, links) => {
    const { run, action } = await approved(request);
    return [action, approvePage(withoutSecrets(run), action.target, links)];
  });
  done('/do/approve/:id/:kind/:name', approved, toRun);

  page('/do/freeze', async (_request, links) => [{ do: 'freeze', reason: 'a reason' }, freezePage(links)]);
  done(
    '/do/freeze',
    async ({ body }) => ({ action: { do: 'freeze', reason: String((body as { reason?: unknown }).reason ?? '') } }),
    toHome,
    (links, action, why) => freezePage(links, { reason: action.do === 'freeze' ? action.reason : '', why }),
  );
  page('/do/unfreeze', async (_request, links) => {
    const [frozen, head, open] = await Promise.all([ledger.frozen(), ledger.head(), ledger.openRuns()]);
    return [{ do: 'unfreeze' }, unfreezePage({ frozen, head, open }, links)];
  });
  done(
    '/do/unfreeze',
    async () => {
      const [frozen, head] = await Promise.all([ledger.frozen(), ledger.head()]);
      return { action: { do: 'unfreeze' }, seen: seenOfFreeze({ frozen, head }) };
    },
    toHome,
  );
  page('/do/look', async (_request, links) => [{ do: 'look' }, lookPage(links)]);
  done('/do/look', async () => ({ action: { do: 'look' } }), toRun);

  for (const name of ['heal', 'adopt', 'replay'] as const) {
    done(
      `/do/${name}`,
      async ({ body }) => ({ action: fromForm(name, body), how: { dryRun: true } }),
      (links, run) => (run === null ? links.home : links.act([name, run])),
    );
    const shown = async ({ params }: Request) => {
      const run = await runOf(ledger, params['id']);
      const action = shownAs(name, run);
      if (action === null) throw new NotDone(404, TROUBLE.noRun(run.id));
      return { run, action, how: { shown: run.id } };
    };
    page(`/do/${name}/:id`, async (request, links) => {
      const { run, action } = await shown(request);
      return [action, shownPage(action, withoutSecrets(run), links)];
    });
    done(`/do/${name}/:id`, shown, toRun);
  }
  return routes;
}

/** Why the request cannot be understood; null where it can. */
function refusalIn(action: PageAction): string | null {
  try {
    roleFor(action);
    return null;
  } catch (error) {
    const why = refusalOf(error);
    if (why === null) throw error;
    return why;
  }
}

function seenIn({ body }: Request): unknown {
  return ((body ?? {}) as { readonly seen?: unknown }).seen;
}

function mayNot(person: Person, action: PageAction): never {
  throw new NotDone(403, TROUBLE.mayNot(person.name, person.role, roleFor(action)));
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
  if (run === null) throw new NotDone(404, TROUBLE.noRun(String(id)));
  return run;
}

function withoutSecrets(run: RunDetail): RunDetail {
  return run.plan === null ? run : { ...run, plan: hideSecrets(run.plan) };
}

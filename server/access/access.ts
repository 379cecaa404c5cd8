import { AppError } from '../errors.ts';
import { type Actor, can, type Target } from './can.ts';
import type { Permission } from './permissions.ts';

/**
 * The rights of one request. A face checks `asked` before it answers: an answer given without having asked is a
 * forgotten check, and becomes a 500.
 */
export type Access = {
  readonly actor: Actor;
  readonly asked: boolean;
  /** Says that the rights were asked for elsewhere: in the transaction, of the actor as stored then. */
  noteAsked(): void;
  can(permission: Permission, target: Target): boolean;
  /** Throws `forbidden`, or `not_found` where the asker must not learn that the row exists. */
  require(permission: Permission, target: Target, refusal?: 'forbidden' | 'not_found'): void;
};

export function createAccess(actor: Actor): Access {
  let asked = false;
  const ask = (permission: Permission, target: Target): boolean => {
    asked = true;
    return can(actor, permission, target);
  };
  return {
    actor,
    get asked() {
      return asked;
    },
    noteAsked() {
      asked = true;
    },
    can: ask,
    require(permission, target, refusal = 'forbidden') {
      if (!ask(permission, target))
        throw new AppError(refusal, refusal === 'forbidden' ? { permission } : {});
    },
  };
}

// Keeps each tsconfig valid while a part of the project has no module of its own yet.
import type { Amount, Core, Step } from "../../node/web/core/types.js";

// What app-core-rig.mjs puts into its pages.
declare global {
  var core: Core;
  function kg(number: string): Amount;
  function harvest(number: string, more?: Partial<Step>): Step;
  function move(verb: Step["verb"], lot: string, number: string, more?: Partial<Step>): Step;
  function fault(promise: Promise<unknown>): Promise<any>;
}
export {};

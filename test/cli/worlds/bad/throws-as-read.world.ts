import { world } from "lightcone";
const x: any = undefined;
x.foo();
export default world("x", () => {});

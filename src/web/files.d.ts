/** A file that the bundler serves beside the page: its address. */
declare module "*.svg" {
  const address: string;
  export default address;
}

"""`python -m bench`: see the package."""

import argparse
import os
import sys

import django

from bench import environment


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    # `make bench CONTACTS=1000` hands its variables over in the environment.
    contacts = int(os.environ.get("CONTACTS") or 100_000)
    activities = int(os.environ.get("ACTIVITIES") or 500_000)
    parser.add_argument("--contacts", type=int, default=contacts)
    parser.add_argument("--activities", type=int, default=activities)
    parser.add_argument("--import-rows", type=int, default=200_000, help="0 for none")
    parser.add_argument(
        "--acts", action="store_true", help="also what changes many rows at once"
    )
    parser.add_argument("--seconds", type=float, default=5, help="for each measurement")
    parser.add_argument("--database", default="rapport_bench")
    parser.add_argument("--only", default="", help="pages whose name contains this")
    parser.add_argument(
        "--fresh", action="store_true", help="load anew what an earlier run left"
    )
    parser.add_argument(
        "--drop", action="store_true", help="do not keep the database for the next run"
    )
    return parser.parse_args()


def main() -> int:
    options = arguments()
    wanted = environment.content(options.contacts, options.activities)
    with environment.servers(
        options.database, wanted, fresh=options.fresh, drop=options.drop
    ):
        django.setup()
        from bench import run  # needs the settings

        run.run(options)
    return 0


if __name__ == "__main__":
    sys.exit(main())

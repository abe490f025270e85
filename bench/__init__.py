"""What Rapport costs: pages, imports, memory and start, beside the floors of the same run.

`python -m bench` loads a team of the wanted size beside a second one, starts the production web
server, measures, writes bench/results.json and prints the ratios. Client, server and database share
the machine, so ratios within one run say more than milliseconds.
"""
